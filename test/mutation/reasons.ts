/** Reasons that are one for many mutants, with what they cover: to be named in the lists of the files that have such. */
export const ORDER = {
  why: 'fakes answer at once, so that nothing overtakes; the real order is what test/containers and test/faults hold',
  mutants: [/: await: /],
}

export const UNIQUE = {
  why: 'what is looked for is there once at most: ids are unique, and an act has one open attempt',
  mutants: [/: method: find(Last)? -> find(Last)?$/],
}

export const TYPES = {
  why: 'there is always a value here, and the rest satisfies the types alone; or nothing asks which nothing it is',
  mutants: [/: logic: .+ \?\? .+ -> /, /: optional chain: /],
}

export const ABSENT = {
  why: 'a field that is absent and one that is undefined are the same to every reader',
  mutants: [
    /: condition: (\w+ === undefined -> false|(code|remedy|own|readBy|tail|overridden|signal|\w+\.(limit|rescue)) -> true)$/,
  ],
}

export const AT_THE_LIMIT = {
  why: 'whether the very millisecond of a limit is within it makes no difference',
  mutants: [/: boundary: /],
}
