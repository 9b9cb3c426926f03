import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The program, such as Debian's package chromium gives it; null where there is none. */
export const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
)

/** One tab of a browser without a screen. */
export interface Tab extends AsyncDisposable {
  open(address: string): Promise<void>
  /** The value of an expression within the page, as JSON can hold it. */
  see<Value>(expression: string): Promise<Value>
  /** Waits until the expression is true. Throws Error with what the page shows when it does not become so. */
  until(expression: string): Promise<void>
  /** Errors, refusals by the page's policy, and dialogs, since it was last asked. */
  complaints(): readonly string[]
  /** Seconds by their names, as the protocol counts them: `TaskDuration` is what the page's thread worked. */
  metrics(): Promise<Readonly<Record<string, number>>>
  picture(): Promise<Buffer>
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  // What the protocol gives is as its caller knows it.
  readonly result?: unknown
}

/** Starts a browser of its own, with one tab, over its debugging protocol. */
export async function chromium(program: string): Promise<Tab> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-chromium-'))
  const words = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--window-size=1280,900']
  const browser = spawn(program, [...words, '--remote-debugging-port=0', `--user-data-dir=${folder}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const { port } = new URL(await addressOf(browser.stderr))
  // The first of its targets is the tab that was opened with it.
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as Target[]
  const tab = targets.find(({ type }) => type === 'page')
  const socket = new WebSocket(tab?.webSocketDebuggerUrl ?? '')
  await new Promise((opened) => socket.addEventListener('open', opened))
  const waiting = new Map<number, (result: unknown) => void>()
  const complaints: string[] = []
  socket.addEventListener('message', ({ data }) => {
    const { id, method = '', params, result }: Message = JSON.parse(String(data))
    if (id !== undefined) waiting.get(id)?.(result)
    if (COMPLAINTS.has(method)) complaints.push(`${method}: ${JSON.stringify(params)}`)
  })
  let asked = 0
  const ask = (method: string, params: object = {}): Promise<unknown> => {
    asked += 1
    socket.send(JSON.stringify({ id: asked, method, params }))
    return new Promise((resolve) => waiting.set(asked, resolve))
  }
  const see = async <Value>(expression: string): Promise<Value> => {
    const answer = await ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    return (answer as { result: { value: Value } }).result.value
  }
  for (const domain of ['Runtime', 'Log', 'Page', 'Performance']) await ask(`${domain}.enable`)
  return {
    complaints: () => complaints.splice(0),
    see,
    open: async (url) => void (await ask('Page.navigate', { url })),
    async until(expression) {
      for (let looks = 0; looks < 600; looks += 1) {
        if (await see<boolean>(expression)) return
        await new Promise((later) => setTimeout(later, 100))
      }
      throw new Error(`${expression} does not come true; the page shows: ${await see('document.body.innerText')}`)
    },
    async metrics() {
      const { metrics } = (await ask('Performance.getMetrics')) as { metrics: { name: string; value: number }[] }
      return Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
    },
    async picture() {
      const { data } = (await ask('Page.captureScreenshot')) as { data: string }
      return Buffer.from(data, 'base64')
    },
    async [Symbol.asyncDispose]() {
      socket.close()
      const gone = new Promise((exit) => browser.once('exit', exit))
      browser.kill('SIGKILL')
      await gone
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

interface Target {
  readonly type: string
  readonly webSocketDebuggerUrl: string
}

const COMPLAINTS = new Set(['Runtime.exceptionThrown', 'Log.entryAdded', 'Page.javascriptDialogOpening'])

async function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(output)) {
    const found = /ws:\/\/\S+/.exec(line)
    if (found) return found[0]
  }
  throw new Error('the browser did not say where it listens')
}
