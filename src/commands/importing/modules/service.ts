import type { Translate } from '../modules.ts'
import { others, switchOf } from '../task-arguments.ts'
import { markedSource } from '../variables/marks.ts'
import { listed, saysMore, text } from './said.ts'

/** `service` and `systemd` that start, stop, enable or disable; a restart or reload would happen each time. */
export const service: Translate = (given) => {
  const { name, state } = given
  const more = others(given, ['name', 'state', 'enabled'])
  if (more.length > 0) return saysMore(more)
  const parameter = typeof given.enabled === 'string' ? markedSource(given.enabled) : undefined
  const enabled = parameter === undefined ? switchOf(given.enabled) : undefined
  if (typeof name !== 'string' || !/^[A-Za-z0-9][\w@.:-]*$/.test(name))
    return listed('its name is no plain name of a unit')
  if (enabled === null) return listed('its arguments are not plain')
  if (state !== undefined && state !== 'started' && state !== 'stopped') return listed(`its state is ${String(state)}`)
  if (state === undefined && given.enabled === undefined) return listed('it asks for nothing')
  const unit = /\.(service|socket|timer|target|mount|path)$/.test(name) ? name : `${name}.service`
  const parts = {
    unit: text(unit),
    ...(state === undefined ? {} : { running: String(state === 'started') }),
    ...(given.enabled === undefined ? {} : { enabled: parameter ?? String(enabled) }),
  }
  return { kind: 'step', call: 'unitKept', parts }
}
