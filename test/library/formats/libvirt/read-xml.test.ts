import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readGuestDisks } from '../../../../src/library/formats/libvirt/guest-disks.ts'
import { childOf, readXml } from '../../../../src/library/formats/libvirt/read-xml.ts'
import { fixture } from '../../fixture.ts'

describe('XML', () => {
  it('is read with attributes, text, entities, comments and CDATA', () => {
    const root = readXml(
      `<?xml version="1.0"?><!-- a < b --><domain type='kvm'>\n<name>a &amp; b&#x20;c</name><x a="1" b='"'/><![CDATA[<&]]></domain>\n`,
    )

    expect(root?.attributes.get('type')).toBe('kvm')
    expect(childOf(root ?? undefined, 'name')?.text).toBe('a & b c')
    expect([...(childOf(root ?? undefined, 'x')?.attributes ?? [])]).toEqual([
      ['a', '1'],
      ['b', '"'],
    ])
    expect(root?.text).toBe('\n<&')
  })

  it.each([
    ['an element that is not closed', '<a><b></a>'],
    ['two roots', '<a/><b/>'],
    ['text around the root', '<a/>x'],
    ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['an unknown entity', '<a>&x;</a>'],
    ['a bare ampersand', '<a>a & b</a>'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['output that was cut', '<a b="1"'],
    ['nothing', ''],
  ])('is not %s', (_title, text) => {
    expect(readXml(text)).toBeNull()
  })

  it('gives back whatever text was written into it', () => {
    const escaped = (text: string) =>
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, attribute) => {
        const root = readXml(`<a b="${escaped(attribute)}"><c/>${escaped(text)}</a>`)

        expect([root?.text, root?.attributes.get('b')]).toEqual([text, attribute])
      }),
    )
  })
})

describe('disks of guests', () => {
  it('are those with the device disk: drives for discs do not count', () => {
    expect(readGuestDisks(fixture('virsh-9.0.0-dumpxml-disks.two-guests.debian-12').stdout)).toEqual([
      { guest: '6695eb01-f6a4-8304-79aa-97f2502e193f', source: 'file', target: 'vda', cache: 'none', io: null },
      { guest: '11111111-2222-3333-4444-555555555555', source: 'block', target: 'vda', cache: 'none', io: 'native' },
    ])
  })

  it('are unknown where the output is no XML', () => {
    expect(readGuestDisks('guest a\n<disk>\n[100 bytes left out]')).toBeNull()
  })
})
