import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes a library that lets every fsync and fdatasync of a process take so much longer, for LD_PRELOAD.
 * Throws where there is no C compiler.
 */
export function makeSlowDisk(folder: string, milliseconds: number): string {
  const source = join(folder, 'slow-disk.c')
  const library = join(folder, 'slow-disk.so')
  writeFileSync(source, SOURCE.replace('MICROSECONDS', String(milliseconds * 1_000)))
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'])
  return library
}

const SOURCE = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

static int slowly(const char *name, int file) {
  usleep(MICROSECONDS);
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return real(file);
}

int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
`
