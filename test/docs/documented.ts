/** A command of the documentation that a test types as it stands there. */
export interface Documented {
  readonly command: string
  /** Words that are typed behind it: what a person would have answered. */
  readonly also?: string
  /** What stands in its place where its own words are for another day: a word of the command to what is typed. */
  readonly instead?: Readonly<Record<string, string>>
  /** Default 0. */
  readonly exit?: number
  /** What it must print. */
  readonly says: RegExp
}

/** Where the plan is made and nobody answers its question. */
const ASKED = { exit: 7, says: /Nothing is changed: nobody was there to approve/ }

/** Typed one after the other in an empty folder, by test/docs/typed.test.ts. */
export const WITHOUT_HOSTS: readonly Documented[] = [
  { command: 'runbook new greeting', says: /runbooks\/greeting\.ts/ },
  { command: 'runbook check', says: /no faults/ },
  { command: 'npm test', says: /fail 0/ },
  { command: 'runbook new journal-size', says: /runbooks\/journal-size\.ts/ },
  { command: 'runbook check journal-size', says: /no faults/ },
  { command: 'runbook show journal-size', says: /journald-restarted/ },
  { command: 'runbook explain E_GUESTS_RUNNING', says: /--override E_GUESTS_RUNNING/ },
  { command: 'runbook explain E_COMMAND_FAILED', says: /cannot be overridden/ },
  { command: 'runbook inventory list enabled -i prod', says: /madvise/ },
  { command: 'runbook import ansible site.yml -i hosts.ini', says: /site\.yml:11/ },
  { command: 'runbook status', says: /./ },
  { command: 'source <(runbook completion bash)', says: /^$/ },
  { command: 'runbook resume', exit: 2, says: /no run/i },
]

/** Hosts of the test alone stand where the documentation has those of the user. */
export const OWN_SET = `documented-${process.pid}`

/** Typed one after the other on container hosts, by test/containers/documented.test.ts. */
export const ON_CONTAINERS: readonly Documented[] = [
  { command: 'runbook hosts up --hosts 3', instead: { up: `up ${OWN_SET}` }, also: '--yes', says: /are up/ },
  { command: 'runbook ping -i rehearsal', says: /rb-/ },
  { command: 'runbook plan greeting -i rehearsal', says: /3 to change/ },
  { command: 'runbook run greeting -i rehearsal', also: '--yes', says: /3 changed/ },
  { command: 'runbook runs', says: /greeting/ },
  { command: 'runbook drift', says: /as/ },
  { command: 'runbook log 7f3k2', says: /greeting-shown/ },
  { command: 'runbook report 7f3k2 --output greeting.html', also: '&& ls *.html', says: /greeting\.html/ },
  { command: 'runbook report jg6ky --format markdown', says: /## `greeting`/ },
  { command: 'runbook rollback kvtpx --reboot -l rb-01', also: '--yes', says: /rolled-back +rb-01/ },
  { command: 'runbook rollback 7f3k2', also: '--yes', says: /rolled-back/ },
  { command: 'runbook run hugepages-1g -i rehearsal -e count1g=4 -e count2m=64', ...ASKED },
  { command: 'runbook keys trust -i prod', also: '--yes', says: /3 keys written/ },
  { command: 'runbook doctor -i prod --reach', says: /./ },
  { command: "runbook ask hypervisors 'uptime -p' -i prod", says: /up / },
  { command: 'runbook plan hugepages-1g --inventory prod', says: /3 to change/ },
  { command: 'runbook run hugepages-1g --inventory prod', ...ASKED },
  {
    command: "runbook run hugepages-1g -i prod -l hv-03 --override E_GUESTS_RUNNING --reason 'maintenance CHG-1042'",
    ...ASKED,
  },
  { command: 'runbook plan thp -i prod -l hv-01', says: /hv-01/ },
  { command: 'runbook plan thp -i prod -l hv-11 -e enabled=never', says: /never/ },
  { command: "runbook plan thp -i prod -l 'hypervisors:!hv-11'", says: /2 hosts/ },
  { command: "runbook plan thp -i prod -l '~hv-0[1-3]'", says: /2 hosts/ },
  { command: 'runbook plan thp -i prod -l @hosts.txt', says: /hv-11/ },
  { command: 'runbook verify thp -i prod', exit: 8, says: /thp/ },
  {
    command:
      'runbook run thp -i prod --batch 1,10% --max-fail 2 --pause after-canary --health ./check-pool --soak 10m --until 05:00',
    instead: { '10m': '1s', '05:00': '23:59' },
    also: '--yes --no-input',
    exit: 7,
    says: /runbook resume/,
  },
  { command: 'runbook status 7f3k2', says: /changed/ },
  { command: 'runbook resume 7f3k2', also: '--yes', says: /3 changed/ },
  { command: 'runbook report 7f3k2 --format markdown', says: /## `thp`/ },
  { command: 'runbook report 7f3k2 --output junit.xml', also: '&& ls *.xml', says: /junit\.xml/ },
  { command: 'runbook history hv-03', says: /hv-03: thp, changed/ },
  { command: 'runbook log 7f3k2 --verify', says: /./ },
  { command: 'runbook rollback 7f3k2 --limit hv-03', also: '--yes', says: /rolled-back +hv-03/ },
  { command: 'runbook rollback 7f3k2 --reboot', also: '--yes', says: /rolled-back/ },
  { command: 'runbook run thp -i prod --yes --json', says: /"type":"report"/ },
  { command: 'runbook rollback RUN --reboot', also: '--yes', says: /rolled-back/ },
  { command: 'runbook unlock 7f3k2', also: '--yes', says: /./ },
  { command: 'runbook unlock 7f3k2 -i prod -l hv-03', also: '--yes', says: /./ },
  { command: 'runbook clean 7f3k2', also: '--yes', says: /./ },
  { command: 'runbook hosts down', instead: { down: `down ${OWN_SET}` }, says: /3 hosts removed/ },
]

const REHEARSED = 'minutes of restarts: test/containers/rehearsal/rehearse.test.ts'
const OF_A_FLEET = 'needs a PostgreSQL server: test/fleet/command-line.test.ts'
const OF_A_RUN_ELSEWHERE = 'needs a PostgreSQL server: test/fleet/elsewhere.test.ts'
const BETWEEN_PROJECTS = 'between two projects: test/commands/carry-run.test.ts'
const IN_DOUBT = 'needs a step in doubt: test/engine/steps/once.test.ts'

/** Typed elsewhere: why, and the test that does as much. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm install runbook': 'the package is packed and installed in an empty folder: test/package/packed.test.ts',
  'runbook plan greeting -i lab': 'on this machine in place of a laboratory: test/package/packed.test.ts',
  'runbook ui': 'it serves until Ctrl-C: test/commands/ui.test.ts',
  'runbook rehearse hugepages-1g --hosts 3 --yes': REHEARSED,
  'runbook rehearse journal-size --hosts 3 --drill kill': REHEARSED,
  'runbook rehearse thp --hosts 3 --drill kill --yes': REHEARSED,
  'runbook rehearse hugepages-1g --on vm --hosts 2 -e count1g=1 -e count2m=64 --yes':
    'virtual machines: test/vm/hugepages-1g.test.ts',
  'source <(runbook completion zsh)': 'needs zsh: test/commands/completion/completion.test.ts',
  'runbook completion fish | source': 'needs fish: test/commands/completion/completion.test.ts',
  'createuser runbook && createdb --owner runbook runbook': OF_A_FLEET,
  'npm install pg@8': OF_A_FLEET,
  'npm pack runbook': 'what it gets is packed, unpacked and made an image of: test/fleet/compose.test.ts',
  "export RUNBOOK_STORE='postgres://runbook@db.example.net/runbook?sslmode=verify-full&password=file:/etc/runbook/store-password'":
    OF_A_FLEET,
  'runbook worker': OF_A_FLEET,
  'runbook run hugepages-1g -i prod --spread rack': OF_A_FLEET,
  'runbook status 9dws5': OF_A_RUN_ELSEWHERE,
  'runbook approve 9dws5': OF_A_RUN_ELSEWHERE,
  'runbook run hugepages-1g -i prod --yes --notify https://hooks.example.net/runbook --notify-key file:/etc/runbook/notify-key':
    'a service of somebody else: test/commands/notify/notify.test.ts',
  'runbook run hugepages-1g -i prod --yes --notify \'echo "$RUNBOOK_SUMMARY" | mail -s "runbook $RUNBOOK_RUN" ops@example.net\'':
    'sends mail: test/commands/notify/notify.test.ts',
  'runbook runs export 7f3k2 7f3k2.run': BETWEEN_PROJECTS,
  'runbook runs import 7f3k2.run': BETWEEN_PROJECTS,
  'runbook resolve 7f3k2 hv-03 image-imported --done': IN_DOUBT,
  'runbook resolve 7f3k2 hv-03 image-imported --rerun': IN_DOUBT,
  'node bench/from-ansible.ts PATH/roles/NAME/tasks/main.yml --vars FILE --prepare FILE':
    'a role of somebody else on three hosts: test/commands/importing/both-run.test.ts',
  'sh /var/lib/runbook/runs/RUN/undo.sh': 'in a rescue shell: test/containers/rescue/undo-script.test.ts',
}
