import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { stagingTexts } from '../../../src/transport/guard/staging.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-staging-'))
afterAll(() => rmSync(folder, { recursive: true }))

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, index) => index))
const payloads: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'quotes, dollars and line ends': Buffer.from('it\'s "$HOME" `id` \\n %s %d\n\n\'\n'),
  'a script that would run': Buffer.from(`#!/bin/sh\necho ran >${folder}/ran\nexit 3\n`),
  'every byte there is': everyByte,
  'a megabyte of text': Buffer.from("line of text, it's long\n".repeat(45_000)),
  'a megabyte of bytes': Buffer.concat(Array.from({ length: 4_096 }, () => everyByte)),
  'CRLF, a mark of byte order and emoji': Buffer.from('\ufeffone\r\ntwo 🐧\r\n'),
}

describe.each(['dash', 'bash', 'busybox'])('bytes on their way through %s', (shell) => {
  test.each(Object.keys(payloads))('arrive unchanged: %s', (name) => {
    const content = payloads[name] ?? Buffer.alloc(0)
    const path = join(folder, `${shell} it's`)
    const args = shell === 'busybox' ? ['sh'] : []

    const script = `LC_ALL=C\n${stagingTexts(path, content).join('\n')}\n`
    const { stderr } = spawnSync(shell, args, { input: script, encoding: 'latin1' })

    expect(stderr).toBe('')
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(() => readFileSync(join(folder, 'ran'))).toThrow('ENOENT')
  })
})

test('no piece is larger than 32 KiB', () => {
  const pieces = [...stagingTexts('/x', Buffer.alloc(100_000)), ...stagingTexts('/x', Buffer.alloc(100_000, 'x'))]

  expect(pieces.every((piece) => piece.length < 32_768 + 100)).toBe(true)
})
