/** The name of the cloud that OS_* variables describe, as openstacksdk calls it. */
export const ENVIRONMENT_CLOUD = 'envvars'

type Environment = Readonly<Record<string, string | undefined>>

/** Where clouds.yaml lies, whatever cloud is meant. */
const ALWAYS = new Set(['OS_CLIENT_CONFIG_FILE', 'OS_CLIENT_SECURE_FILE', 'OS_CLIENT_VENDOR_FILE', 'OS_CACERT'])

/**
 * What the program may know: for a cloud that is named nothing of the environment's, since OS_* variables would win over
 * what clouds.yaml says of it.
 */
export function cloudEnvironment(environment: Environment, name: string): Environment {
  const foreign = (variable: string) =>
    name !== ENVIRONMENT_CLOUD && variable.startsWith('OS_') && !ALWAYS.has(variable)
  return {
    ...Object.fromEntries(Object.entries(environment).filter(([variable]) => !foreign(variable))),
    LC_ALL: 'C.UTF-8',
  }
}

/** Variables whose values nobody may see. */
export const secretNames = (environment: Environment): readonly string[] =>
  Object.keys(environment).filter(
    (name) => /^OS_\w*(PASSWORD|PASSCODE|TOKEN|SECRET)$/.test(name) && (environment[name] ?? '') !== '',
  )
