import { command } from './modules/command.ts'
import { copy, template } from './modules/copy.ts'
import { file } from './modules/file.ts'
import { lineinfile } from './modules/lineinfile.ts'
import { apt, dnf, packageOfAny } from './modules/packages.ts'
import { service } from './modules/service.ts'
import type { Arguments } from './task-arguments.ts'
import type { Needs, TaskVariables } from './variables/task-variables.ts'

/** The code of a step, or why there is none; empty where the module's advice says it. */
export type Translation = Step | { readonly kind: 'listed'; readonly why: string }

interface Step {
  readonly kind: 'step'
  /** The function that makes it, of `runbook`. */
  readonly call: string
  /** Its parts beside the id: names to source text. */
  readonly parts: Readonly<Record<string, string>>
  /** The source of what has to hold for the step to be among them. */
  readonly only?: string
  /** The only family of distributions on which Ansible's module works. */
  readonly family?: 'debian' | 'rhel'
}

export type Translate = (
  given: Arguments,
  around: { readonly folder: string; readonly variables: TaskVariables },
) => Translation

/** Where variables may stand in the arguments of each module; nowhere else. */
export const NEEDS: Readonly<Record<string, Needs>> = {
  apt: { name: 'words', pkg: 'words', package: 'words' },
  copy: { content: 'line', dest: 'path', mode: 'mode' },
  dnf: { name: 'words', pkg: 'words' },
  file: { path: 'path', dest: 'path', name: 'path', mode: 'mode' },
  lineinfile: { path: 'path', dest: 'path', name: 'path', destfile: 'path', line: 'line' },
  package: { name: 'words' },
  service: { name: 'name', enabled: 'switch' },
  systemd: { name: 'name', enabled: 'switch' },
  systemd_service: { name: 'name', enabled: 'switch' },
  template: { dest: 'path', mode: 'mode' },
  yum: { name: 'words', pkg: 'words' },
}

/** Modules of ansible.builtin that are translated where the task asks for no more than the step does. */
export const MODULES: Readonly<Record<string, Translate>> = {
  apt,
  command,
  copy,
  dnf,
  file,
  lineinfile,
  package: packageOfAny,
  service,
  shell: command,
  systemd: service,
  systemd_service: service,
  template,
  yum: dnf,
}
