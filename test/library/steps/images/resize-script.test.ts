import { describe, expect, it } from 'vitest'
import {
  BACKUP_TAKEN,
  DISK_FULL,
  IN_USE,
  resizeScript,
  undoScript,
} from '../../../../src/library/steps/images/resize-script.ts'
import { sh } from '../../../../src/model/command.ts'
import { runInShell } from '../../shell-with.ts'
import { wishOf } from './wish.ts'

// An image of these tests is a file that holds its virtual size and its content.
const IMAGE = '/img/a.qcow2'
const FILES = { [IMAGE]: '1000 old' }
const BACKUP = '/img/a.qcow2.runbook-1000.bak'
const COPY = '/img/.a.qcow2.runbook.tmp'
const LOCK = '/img/.a.qcow2.runbook.lock'

const WISH = wishOf({ source: IMAGE, bytes: 2000, timeout: '60s', stall: '2s' })

const TOOLS = {
  // The script counts its own seconds: they need not be real ones.
  sleep: 'exec /bin/sleep 0.05',
  'qemu-img': `case $1 in
    create) shift; while [ "$1" != -- ]; do shift; done; echo "$3 empty" >"$2";;
    info) for f; do :; done; case $* in *" -U "*) false ;; *) [ -e "$f.lock" ] ;; esac && { echo 'Is another process using the image' >&2; exit 1; }; [ -e "$f" ] && printf '{\\n    "virtual-size": %s,\\n}\\n' "$(cut -d ' ' -f 1 "$f")";;
    resize) shift; while [ "$1" != -- ]; do shift; done; what=$(cut -d ' ' -f 2 "$2"); echo "$3 $what" >"$2";;
    check) for f; do :; done; ! grep -q broken "$f";;
  esac`,
  // Tells of each image that it is given the size as that of its one partition.
  'virt-filesystems': `echo Name,Type,MBR,Size,Parent; d=a; while [ $# -gt 0 ]; do if [ "$1" = -a ]; then shift; echo "/dev/sd\${d}1,partition,83,$(cut -d ' ' -f 1 "$1"),/dev/sd$d"; d=b; fi; shift; done`,
  'virt-resize': 'for to; do :; done; read -r n _ <"$to"; echo "$n new" >"$to"',
}

/** Runs a script, and says how it ended and what the files hold then. */
function ran(script: { text: string }, programs: Record<string, string> = {}, files: Record<string, string> = FILES) {
  const shown = 'for f in /img/.[!.]* /img/*; do [ -f "$f" ] && echo "$f: $(cat "$f")"; done'
  const command = sh`sh -c ${script.text}; echo "exit $?"`
  const { stdout } = runInShell(`${command.text}; ${shown}`, { ...TOOLS, ...programs }, files)
  return stdout.trim().split('\n')
}

const enlarged = [`${IMAGE}: 2000 new`, `${BACKUP}: 1000 old`]

describe('the copy of an image', () => {
  const script = resizeScript(WISH, 1000)

  it('takes the place of the image, which stays under another name', () => {
    expect(ran(script)).toEqual(['exit 0', ...enlarged])
  })

  it('replaces what an earlier one left that was cut off', () => {
    expect(ran(script, {}, { ...FILES, [COPY]: '7 half' })).toEqual(['exit 0', ...enlarged])
  })

  it('is taken away and the image untouched where virt-resize fails, with its words', () => {
    expect(ran(script, { 'virt-resize': 'exit 1' })).toEqual(['exit 1', `${IMAGE}: 1000 old`])
  })

  it('is taken away where it is not sound, or of another size', () => {
    const unsound = { 'virt-resize': 'for to; do :; done; echo "2000 broken" >"$to"' }
    const small = { 'virt-resize': 'for to; do :; done; echo "1500 new" >"$to"' }

    expect([ran(script, unsound), ran(script, small)]).toEqual([
      ['exit 1', `${IMAGE}: 1000 old`],
      ['exit 1', `${IMAGE}: 1000 old`],
    ])
  })

  it('is not begun while the image is locked', () => {
    const locked = ran(script, {}, { ...FILES, [`${IMAGE}.lock`]: '' })

    expect(locked).toEqual([`exit ${IN_USE}`, `${IMAGE}: 1000 old`, `${IMAGE}.lock:`])
  })

  it('is ended by a watchdog where it stands still on a full disk', () => {
    const full = { df: 'echo x; echo "/dev/x 100 90 10 99% /"', 'virt-resize': 'exec /bin/sleep 600' }

    expect(ran(script, full)).toEqual([`exit ${DISK_FULL}`, `${IMAGE}: 1000 old`])
  })

  it('is ended at its time limit', () => {
    const short = resizeScript({ ...WISH, timeout: '1s' }, 1000)

    expect(ran(short, { 'virt-resize': 'exec /bin/sleep 600' })).toEqual(['exit 124', `${IMAGE}: 1000 old`])
  })

  it('leaves the image whole when everything is killed at once, and is made anew', () => {
    // The parent of its parent is the script itself; the parent is what keeps its time.
    const deadly = 'kill -9 "$(cut -d " " -f 4 "/proc/$PPID/stat")" $PPID'

    const killed = ran(script, { 'virt-resize': deadly })

    expect(killed).toEqual(['exit 137', `${LOCK}: `, `${COPY}: 2000 empty`, `${IMAGE}: 1000 old`])
    expect(ran(script, {}, { ...FILES, [LOCK]: '', [COPY]: '2000 empty' })).toEqual(['exit 0', ...enlarged])
  })

  it('does not replace another file that has the name of the backup', () => {
    expect(ran(script, {}, { ...FILES, [BACKUP]: 'mine' })).toEqual([
      `exit ${BACKUP_TAKEN}`,
      `${IMAGE}: 1000 old`,
      `${BACKUP}: mine`,
    ])
  })

  it('is not put in place where no partition has grown, whatever the size of the disk', () => {
    const small =
      'echo Name,Type,MBR,Size,Parent; echo /dev/sda1,partition,83,900,/dev/sda; echo /dev/sdb1,partition,83,900,/dev/sdb'

    expect(ran(script, { 'virt-filesystems': small })).toEqual(['exit 1', `${IMAGE}: 1000 old`])
  })

  it('is proved although virt-resize numbers the partitions anew', () => {
    const rows = ['/dev/sda1 ,,,700', '/dev/sda14,,,100', '/dev/sdb1 ,,,100', '/dev/sdb2,,,900']
    const anew = `echo Name,Type,MBR,Size,Parent; ${rows.map((row) => `echo ${row.replace(' ', '')},x`).join('; ')}`

    expect(ran(script, { 'virt-filesystems': anew })).toEqual(['exit 0', ...enlarged])
  })

  it('is not made twice at once, and leaves alone what the other makes', () => {
    const held = sh`exec 8>>${LOCK}; flock -n 8; (exec 8>&-; ${script}); x=$?; sleep 0; exit "$x"`

    expect(ran(held, {}, { ...FILES, [COPY]: '7 half' })).toEqual([
      `exit ${IN_USE}`,
      `${LOCK}: `,
      `${COPY}: 7 half`,
      `${IMAGE}: 1000 old`,
    ])
  })

  it('ends what an earlier script left that still writes', () => {
    // Whoever writes must have begun to, or there would be nothing yet to find.
    const left = sh`/bin/sleep 600 8>>${COPY} & p=$!; until [ -e ${COPY} ]; do :; done`
    const orphan = sh`${left}; (${script}); x=$?; wait "$p"; [ "$?" = 137 ] || exit 9; exit "$x"`

    expect(ran(orphan)).toEqual(['exit 0', ...enlarged])
  })

  it('only grows where that is wished', () => {
    const grow = resizeScript({ ...WISH, method: 'grow', keepBackup: false }, 1000)

    expect(ran(grow)).toEqual(['exit 0', `${IMAGE}: 2000 old`])
  })

  it('grows a flat copy of an overlay, never an overlay', () => {
    const wish = { ...WISH, method: 'grow', keepBackup: false } as const
    const overlay = { 'qemu-img': `${TOOLS['qemu-img']}; [ "$1" != info ] || echo '"backing-filename": "base"'` }
    const flat = {
      'qemu-img': `if [ "$1" = convert ]; then for to; do :; done; echo '1000 flat' >"$to"; exit; fi; ${TOOLS['qemu-img']}`,
    }

    expect(ran(resizeScript(wish, 1000), overlay)).toEqual(['exit 1', `${IMAGE}: 1000 old`])
    expect(ran(resizeScript({ ...wish, flattenBacking: true }, 1000), flat)).toEqual(['exit 0', `${IMAGE}: 2000 flat`])
  })

  it('keeps what a target of its own was before, under another name', () => {
    const over = resizeScript({ ...WISH, target: '/img/b.qcow2' }, 1000)

    expect(ran(over, {}, { ...FILES, '/img/b.qcow2': '5 other' })).toEqual([
      'exit 0',
      `${IMAGE}: 1000 old`,
      '/img/b.qcow2: 2000 new',
      '/img/b.qcow2.runbook-1000.bak: 5 other',
    ])
  })

  it('leaves the image where it has a target of its own', () => {
    const apart = resizeScript({ ...WISH, target: '/img/b.qcow2' }, 1000)

    expect(ran(apart)).toEqual(['exit 0', `${IMAGE}: 1000 old`, '/img/b.qcow2: 2000 new'])
  })
})

describe('the way back', () => {
  const undo = undoScript(WISH, 1000)
  const after = { [IMAGE]: '2000 new', [BACKUP]: '1000 old' }

  it('puts the old image back under its name', () => {
    expect(ran(undo, {}, after)).toEqual(['exit 0', `${IMAGE}: 1000 old`])
  })

  it('takes away what a copy left that never came into place', () => {
    expect(ran(undo, {}, { ...FILES, [COPY]: '2000 half' })).toEqual(['exit 0', `${IMAGE}: 1000 old`])
  })

  it('is refused without the old image, and while the new one is in use', () => {
    expect(ran(undo, {}, { [IMAGE]: '2000 new' })[0]).toBe(`exit ${BACKUP_TAKEN}`)
    expect(ran(undo, {}, { ...after, [`${IMAGE}.lock`]: '' })[0]).toBe(`exit ${IN_USE}`)
  })

  it('is refused where somebody has changed the image since', () => {
    expect(ran(undo, {}, { ...after, [IMAGE]: '3000 newer' })).toEqual([
      'exit 1',
      `${IMAGE}: 3000 newer`,
      `${BACKUP}: 1000 old`,
    ])
  })

  it('puts back what a target of its own was before', () => {
    const over = undoScript({ ...WISH, target: '/img/b.qcow2' }, 1000)
    const files = { ...FILES, '/img/b.qcow2': '2000 new', '/img/b.qcow2.runbook-1000.bak': '5 other' }

    expect(ran(over, {}, files)).toEqual(['exit 0', `${IMAGE}: 1000 old`, '/img/b.qcow2: 5 other'])
  })

  it('takes a target of its own away again', () => {
    const apart = undoScript({ ...WISH, target: '/img/b.qcow2' }, 1000)

    expect(ran(apart, {}, { ...FILES, '/img/b.qcow2': '2000 new' })).toEqual(['exit 0', `${IMAGE}: 1000 old`])
  })
})
