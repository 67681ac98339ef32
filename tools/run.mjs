import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * Runs a command and shows what it prints, always on stderr: stdout belongs to the command that the person typed.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} exit status; 127 where the command cannot be started
 */
export function show(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, ...options, stdio: ['ignore', 2, 2] })
    child.once('error', () => resolve(127))
    child.once('close', (status) => resolve(status ?? 1))
  })
}

/**
 * Runs a command and keeps what it prints.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ status: number, stdout: string, output: string }>} `output` is stdout and stderr as they came
 */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    child.once('error', (error) => resolve({ status: 127, stdout, output: output + error.message }))
    child.once('close', (status) => resolve({ status: status ?? 1, stdout, output }))
  })
}

/**
 * npm as it runs us, else the one on the path.
 * @param {readonly string[]} args
 * @returns {[string, string[]]}
 */
export function npm(args) {
  const script = process.env['npm_execpath']
  return script !== undefined && /npm-cli\.c?js$/.test(script) ? [process.execPath, [script, ...args]] : ['npm', [...args]]
}
