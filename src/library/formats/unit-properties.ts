/** Properties of one unit, as `systemctl show` prints them: `NAME=value`, one a line. A property without value is empty. */
export function readUnitProperties(text: string): ReadonlyMap<string, string> {
  const lines = text.matchAll(/^([A-Za-z][A-Za-z0-9]*)=(.*)$/gm)
  return new Map([...lines].map(([, name = '', value = '']) => [name, value]))
}

/** Properties of several units by their Id: `systemctl show` parts them by an empty line. */
export function readUnits(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const units = text.split(/\n\n+/).map(readUnitProperties)
  return new Map(units.map((properties) => [properties.get('Id') ?? '', properties]))
}
