/** Folders of drop-ins, nearest first: a file there hides one of the same name in a farther one. */
const FOLDERS = ['/etc/', '/run/', '/usr/local/lib/', '/usr/lib/', '/lib/']

/**
 * Sorts paths of sysctl.d or tmpfiles.d in the order in which a boot applies them, the last one winning: by their names,
 * wherever they lie, and of one name the nearest folder last. /etc/sysctl.conf is read as 99-sysctl.conf.
 */
export function byBootOrder(a: string, b: string): number {
  if (nameOf(a) !== nameOf(b)) return nameOf(a) < nameOf(b) ? -1 : 1
  return distance(b) - distance(a)
}

const nameOf = (path: string): string =>
  path === '/etc/sysctl.conf' ? '99-sysctl.conf' : path.slice(path.lastIndexOf('/') + 1)

const distance = (path: string): number => FOLDERS.findIndex((folder) => path.startsWith(folder))
