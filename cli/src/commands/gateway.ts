import { Command } from 'commander'
import { addConfig } from './gateway/config.js'
import { addKey } from './gateway/key.js'
import { addProxy } from './gateway/proxy.js'
import { addRun } from './gateway/run.js'
import { addVerify } from './gateway/verify.js'

export function build(): Command {
  const command = new Command('everyhop gateway').description('The platform layer: keep the proof, attest to it, hand it on.')
  addRun(command)
  addConfig(command)
  addProxy(command)
  addKey(command)
  addVerify(command)
  return command
}
