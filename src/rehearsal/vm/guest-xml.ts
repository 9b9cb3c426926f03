import type { VmGuest } from './vm-model.ts'

/** A guest of the virtual machine's own libvirt: QEMU without KVM, and a program that does nothing but stay. */
export const guestXml = ({ name, memory }: VmGuest): string => `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='${memory.endsWith('G') ? 'GiB' : 'MiB'}'>${parseInt(memory, 10)}</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='/var/lib/libvirt/images/idle.img'/>
      <target dev='vda' bus='virtio'/>
      <shareable/>
    </disk>
    <serial type='pty'/>
  </devices>
</domain>
`
