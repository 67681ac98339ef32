import { Command } from 'commander'
import { addConfig } from './gateway/config.js'
import { addProxy } from './gateway/proxy.js'
import { addRun } from './gateway/run.js'

export function build(): Command {
  const command = new Command('everyhop gateway').description('The platform layer: keep the proof, attest to it, hand it on.')
  addRun(command)
  addConfig(command)
  addProxy(command)
  return command
}
