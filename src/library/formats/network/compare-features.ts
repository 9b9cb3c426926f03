import { type Feature, type Features, featuresNamed } from './features.ts'
import { type FeatureWish, inOrder } from './offload-files.ts'

/** How the features of one interface stand to the wish, by the names of the wish. */
export interface FeatureComparison {
  /** Names that the interface does not know. */
  readonly unknown: readonly string[]
  /** The driver has them otherwise and never changes them. */
  readonly fixed: readonly string[]
  /** They differ; asking for them may change that. */
  readonly differ: readonly string[]
  /** They differ although they have been asked for: another feature that is off forbids them. */
  readonly refused: readonly string[]
}

/** Compares member by member: the headline of a group says on as soon as one member is. */
export function compareFeatures(features: Features, wish: FeatureWish): FeatureComparison {
  const names = inOrder(wish).map(([name]) => name)
  const members = (name: string) => featuresNamed(features, name)
  const isOn = (name: string) => wish[name] === 'on'
  const free = (name: string) => members(name).filter(({ fixed }) => !fixed)
  const wrong = (name: string) => free(name).filter(({ active }) => active !== isOn(name))
  const neverAsked = (name: string) => wrong(name).some(({ requested }) => requested !== isOn(name))
  return {
    unknown: names.filter((name) => members(name).length === 0),
    fixed: names.filter((name) =>
      isOn(name)
        ? members(name).length > 0 && members(name).every(({ fixed, active }) => fixed && !active)
        : members(name).some(({ fixed, active }) => fixed && active),
    ),
    differ: names.filter(neverAsked),
    refused: names.filter((name) => wrong(name).length > 0 && !neverAsked(name)),
  }
}

/** What was asked of every feature that these names stand for: enough to put a mixed group back exactly. */
export const requestsOf = (features: Features, names: readonly string[]): Readonly<Record<string, 'on' | 'off'>> =>
  Object.fromEntries(
    names
      .flatMap((name) => featuresNamed(features, name))
      .filter(({ fixed }) => !fixed)
      .map(({ name, requested }: Feature) => [name, requested ? 'on' : 'off'] as const),
  )
