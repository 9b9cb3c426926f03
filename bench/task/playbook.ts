import { FILES, FOLDER, LINES, QUESTIONS, UNIT } from './ten-steps.ts'

/** The ten steps as a playbook; JSON is YAML. */
export const playbook = (): string =>
  JSON.stringify([
    {
      hosts: 'all',
      gather_facts: false,
      tasks: [
        { name: 'folder', 'ansible.builtin.file': { path: FOLDER, state: 'directory', mode: '0755' } },
        ...QUESTIONS.map((cmd) => ({ name: cmd, 'ansible.builtin.command': { cmd }, changed_when: false })),
        ...LINES.map(({ path, line, instead }) => ({
          name: path,
          'ansible.builtin.lineinfile': { path, line, regexp: `^${instead.replaceAll(/[.*]/g, '\\$&')}` },
        })),
        ...[...FILES, UNIT].map(({ path, text }) => ({
          name: path,
          'ansible.builtin.copy': { dest: path, content: text, mode: '0644' },
        })),
      ],
    },
  ])

/** The settings that make it fastest. `strategies`: the folder of mitogen's, if that is to be used. */
export const ansibleSettings = (strategies?: string): string => `[defaults]
forks = 50
gathering = explicit
interpreter_python = /usr/bin/python3
retry_files_enabled = False
${strategies === undefined ? '' : `strategy_plugins = ${strategies}\nstrategy = mitogen_linear\n`}
[ssh_connection]
pipelining = True
ssh_args = -o ControlMaster=auto -o ControlPersist=60s
`
