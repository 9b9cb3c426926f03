// Tests of the mutated copy get our registry where they ask for vitest; the registry itself gets vitest.
import { registerHooks } from 'node:module'

const registry = new URL('./vitest.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vitest' && context.parentURL !== registry
      ? { url: registry, shortCircuit: true }
      : next(specifier, context),
})
