import fc from 'fast-check'

/** Files of one inventory by their paths in a folder, and what of it is named with -i. */
export interface Generated {
  readonly files: Readonly<Record<string, string>>
  readonly inventory: string
}

// Few names, so that hosts, groups and variables meet again and again.
const host = fc.constantFrom('a', 'b', 'hv-1', 'hv-2', 'db.example.com', '192.0.2.7', 'x_1', 'localhost')
const pattern = fc.oneof(
  { weight: 6, arbitrary: host },
  fc.constantFrom(
    'r[1:3]',
    'r[01:05:2]',
    's-[a:c]',
    'r[1:2]-[a:b]',
    'hv-[1:2]',
    'a:2222',
    '192.0.2.7:22',
    '[::1]:2200',
    'r[1:2]:23',
  ),
)
const group = fc.constantFrom('g1', 'g2', 'g3', 'g4', 'rack-a', 'zone.b', 'G', 'ungrouped')
const child = fc.constantFrom('g5', 'g6', 'g7', 'rack-b')
const variable = fc.constantFrom('v1', 'v2', 'v3', 'ansible_host', 'count1g', 'motd')

/** Texts on which readings of values differ. */
const text = fc.constantFrom(
  ...[
    '80',
    '010',
    '0o17',
    '0x1F',
    '0b11',
    '1_000',
    '1__0',
    '-5',
    '- 5',
    '+5',
    '--5',
    '1.10',
    '1.',
    '.5',
    '1e3',
    '1.5e3',
  ],
  ...['True', 'true', 'yes', 'no', 'off', 'None', 'null', '~', "''", '""', '"a b"', "'it'", "'a' 'b'", 'a b'],
  ...[
    '[1, 2]',
    "['a', 'b',]",
    '[a, b]',
    "{'k': 1, 2: [True]}",
    '{}',
    '(1,)',
    '(1)',
    '()',
    '1,2',
    'a,b',
    '"a",',
    '10.0.0.1',
  ],
  ...[
    '2001:db8::1',
    '12:30',
    '12:30:45',
    '2001-12-14',
    '{{ other }}',
    'a=b',
    'a#b',
    'a # b',
    '5 # five',
    '"q" # c',
    '#x',
  ],
  ...[
    "r'\\n'",
    '"\\x41\\u00e9"',
    '"\\q"',
    "b'x'",
    "u'y'",
    'f"z"',
    '"""t"""',
    "'open",
    '5 5',
    '0.1.2',
    '0777',
    '00',
    '/dev/sda',
  ],
  ...[
    'Ünï',
    '%(x)s',
    '$HOME',
    'a\\b',
    'a;b',
    ' lead',
    '"it\'s"',
    '!x',
    '- a',
    'a: b',
    '[',
    '*a',
    '&a',
    '0',
    '-0',
    '1e-3',
    '=',
    '<<',
  ],
)

const quotedWord = text.map((value) => `"${value.replaceAll(/(["\\])/g, '\\$1')}"`)
const word = fc.oneof(
  quotedWord,
  text.filter((value) => !/\s/.test(value)),
)

const hostLine = fc
  .tuple(pattern, fc.array(fc.tuple(variable, word), { maxLength: 3 }), fc.constantFrom('', '', '  # note', '\t'))
  .map(([name, vars, end]) => [name, ...vars.map(([key, value]) => `${key}=${value}`)].join(' ') + end)
const comment = fc.constantFrom('# c', '; c', '', '   ')
const section = fc.oneof(
  fc
    .tuple(group, fc.array(fc.oneof({ weight: 4, arbitrary: hostLine }, comment), { maxLength: 4 }))
    .map(([name, lines]) => [`[${name}]`, ...lines]),
  fc
    .tuple(group, fc.array(fc.tuple(variable, fc.constantFrom('=', ' = '), text), { maxLength: 3 }))
    .map(([name, vars]) => [`[${name}:vars]`, ...vars.map((parts) => parts.join(''))]),
  fc
    .tuple(
      group.filter((name) => name !== 'ungrouped'),
      fc.array(child, { maxLength: 3 }),
    )
    .map(([name, names]) => [`[${name}:children]`, ...names]),
  fc.tuple(child, fc.array(hostLine, { maxLength: 2 })).map(([name, lines]) => [`[${name}]  # c`, ...lines]),
  fc
    .tuple(child, fc.integer({ min: -3, max: 9 }))
    .map(([name, number]) => [`[${name}:vars]`, `ansible_group_priority=${number}`]),
)
// Most are declared, so that most files are valid.
const declared = ['[g5]', '[g6]', '[g7]', '[rack-b]', '[g1]', '[g2]', '[g3]', '[g4]', '[rack-a]', '[zone.b]', '[G]']
const ini = fc
  .tuple(fc.array(hostLine, { maxLength: 2 }), fc.array(section, { minLength: 1, maxLength: 7 }), fc.boolean())
  .map(([top, sections, crlf]) =>
    [...declared, '[ungrouped]', 'always', ...top, ...sections.flat()].join(crlf ? '\r\n' : '\n'),
  )

const plainVars = fc.array(fc.tuple(variable, text), { maxLength: 3 })
const yamlVars = (indent: string) =>
  plainVars
    .map((vars) => new Map(vars))
    .map((vars) => [...vars].map(([key, value]) => `${indent}${key}: ${plainYaml(value)}`))

/** As typed, where that is YAML by itself; else quoted. */
function plainYaml(value: string): string {
  return /^[\w.+:/~$;-]+$/.test(value) && !/^[-:]|:$|: /.test(value) ? value : JSON.stringify(value)
}

const varsFile = yamlVars('').map((lines) => `---\n${lines.join('\n')}\n`)

interface Node {
  readonly name: string
  readonly hosts: readonly (readonly [string, readonly string[]])[]
  readonly vars: readonly string[]
  readonly children: readonly Node[]
}

const node = (depth: number): fc.Arbitrary<Node> =>
  fc.record({
    name: depth === 0 ? group.filter((name) => name !== 'ungrouped') : child,
    hosts: fc.uniqueArray(fc.tuple(pattern, yamlVars('          ')), { maxLength: 3, selector: ([name]) => name }),
    vars: yamlVars('      '),
    children:
      depth >= 1 ? fc.constant([]) : fc.uniqueArray(node(depth + 1), { maxLength: 2, selector: ({ name }) => name }),
  })

function yamlLines({ name, hosts, vars, children }: Node, indent: string): readonly string[] {
  const deeper = (lines: readonly string[]) => lines.map((line) => indent + line)
  return [
    `${indent}${name}:`,
    ...(hosts.length > 0 ? [`${indent}  hosts:`] : []),
    ...hosts.flatMap(([pattern, own]) => [`${indent}    ${JSON.stringify(pattern)}:`, ...deeper(own)]),
    ...(vars.length > 0 ? [`${indent}  vars:`, ...deeper(vars)] : []),
    ...(children.length > 0 ? [`${indent}  children:`] : []),
    ...children.flatMap((one) => yamlLines(one, `${indent}    `)),
  ]
}

const yaml = fc
  .uniqueArray(node(0), { minLength: 1, maxLength: 4, selector: ({ name }) => name })
  .map((nodes) =>
    ['all:', '  hosts:', '    always:', '  children:', ...nodes.flatMap((one) => yamlLines(one, '    '))].join('\n'),
  )

const files = fc
  .record({
    all: fc.option(varsFile),
    group: fc.array(
      fc.tuple(
        fc.oneof(group, child),
        fc.constantFrom('', '.yml', '.yaml', '/10-x.yml', '/b', '/c.bak', '/d/e.json~'),
        varsFile,
      ),
      { maxLength: 4 },
    ),
    host: fc.array(fc.tuple(host, fc.constantFrom('', '.yml', '.yaml', '/x.yml'), varsFile), { maxLength: 3 }),
  })
  .map(
    ({ all, group, host }): Record<string, string> => ({
      ...(all === null ? {} : { 'group_vars/all.yml': all }),
      ...Object.fromEntries(group.map(([name, end, content]) => [`group_vars/${name}${end}`, content])),
      ...Object.fromEntries(host.map(([name, end, content]) => [`host_vars/${name}${end}`, content])),
    }),
  )
  .map(withoutFilesThatAreFolders)

function withoutFilesThatAreFolders(files: Readonly<Record<string, string>>): Record<string, string> {
  const paths = Object.keys(files)
  return Object.fromEntries(
    Object.entries(files).filter(([path]) => !paths.some((other) => other.startsWith(`${path}/`))),
  )
}

const under = (folder: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [`${folder}/${path}`, content]))

/** INI or YAML, alone or in a folder of sources, with variables in files beside it and beside the project. */
export const inventories: fc.Arbitrary<Generated> = fc.oneof(
  fc.tuple(ini, files, files).map(([text, beside, project]) => ({
    files: { 'inventory/prod.ini': text, ...under('inventory', beside), ...project },
    inventory: 'inventory/prod.ini',
  })),
  fc.tuple(yaml, files).map(([text, beside]) => ({
    files: { 'inventory/prod.yml': text, ...under('inventory', beside) },
    inventory: 'inventory/prod.yml',
  })),
  fc.tuple(ini, yaml, ini, files).map(([first, second, third, beside]) => ({
    files: {
      'inventory/prod/01-hosts': first,
      'inventory/prod/02-more.yml': second,
      'inventory/prod/sub/hosts': third,
      'inventory/prod/passed-over.cfg': 'not read',
      'inventory/prod/left.orig': 'not read',
      ...under('inventory/prod', beside),
    },
    inventory: 'inventory/prod',
  })),
)
