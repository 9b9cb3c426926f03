import type { ProductManifest } from '../project/versions.ts'
import { template } from './template-text.ts'

/** Files of a project of its own beside its runbooks, path to text. */
export function projectFiles(name: string, { version, dependencies }: ProductManifest): Record<string, string> {
  const manifest = {
    name: packageName(name),
    private: true,
    type: 'module',
    scripts: { test: 'node --test', check: 'runbook check && tsc' },
    dependencies: { runbook: `^${version}`, zod: dependencies.zod },
    devDependencies: { '@types/node': '>=24', typescript: '>=5.9' },
  }
  return {
    'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
    'tsconfig.json': `${JSON.stringify(TSCONFIG, null, 2)}\n`,
    '.gitignore': 'node_modules/\n',
    'inventory/lab.yaml': template('inventory.yaml'),
  }
}

/** npm takes small letters, digits and a few signs, and no sign at the beginning. */
function packageName(folder: string): string {
  const name = folder.toLowerCase().replaceAll(/[^a-z0-9._-]/g, '-')
  return name.replace(/^[^a-z0-9]+/, '') || 'runbooks'
}

/** As Node reads the files: types are stripped, nothing is translated. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ['runbooks', 'test', 'inventory'],
}
