import type { Slice } from '@everyhop/chain'
import { text } from '../config/blocks.js'
import type { ConfigFile } from '../config/config-options.js'
import { runCommand, sharedVolume, unitOf, type UnitOptions } from './unit-options.js'

/**
 * A compose file with gateway and decision service, which share a socket in memory. Images are named to be replaced. Throws
 * ConfigError for what would not be safe to write.
 */
export function composeUnit(slice: Slice, options: UnitOptions): ConfigFile {
  const unit = unitOf(slice, options)
  const volume = sharedVolume(unit)
  const command = runCommand(unit, {
    slice: `/etc/everyhop/${unit.hop}.slice`,
    sliceKey: '/etc/everyhop/slices.pub.json',
    key: '/run/secrets/hop.key',
    nonceSecret: '/run/secrets/nonce-secret',
  })
  const secrets = [...(unit.signs ? ['hop.key'] : []), ...(unit.givesNonces ? ['nonce-secret'] : [])]
  return {
    name: 'compose.yaml',
    text: text([
      `# Everyhop: ${unit.product} and the decision service of hop ${unit.hop}. Generated; put your images in place of those in <>.`,
      ...(secrets.length === 0 ? [] : ['# Secrets are mounted as they are here: chown 10001, chmod 600 each file below secrets/.']),
      'x-hardened: &hardened',
      '  # One user for both, since the socket is for one user alone.',
      '  user: "10001:10001"',
      '  read_only: true',
      '  cap_drop: [ALL]',
      '  security_opt: ["no-new-privileges:true"]',
      '  restart: always',
      'services:',
      '  everyhop:',
      '    <<: *hardened',
      '    image: <everyhop>',
      `    command: [${command.map((part) => JSON.stringify(part)).join(', ')}]`,
      '    mem_limit: 512m',
      '    volumes:',
      `      - socket:${volume}`,
      '      - ./everyhop:/etc/everyhop:ro',
      ...(secrets.length === 0 ? [] : [`    secrets: [${secrets.join(', ')}]`]),
      `  ${unit.product}:`,
      '    <<: *hardened',
      `    image: <${unit.product}>`,
      '    depends_on: [everyhop]',
      '    ports: ["443:8443"]',
      '    tmpfs: [/tmp]',
      '    volumes:',
      `      - socket:${volume}`,
      '      - ./gateway:/etc/everyhop-gateway:ro',
      '      - ./tls:/etc/everyhop-tls:ro',
      'volumes:',
      '  socket: { driver_opts: { type: tmpfs, device: tmpfs, o: "size=1m,uid=10001,gid=10001,mode=0700" } }',
      ...(secrets.length === 0 ? [] : ['secrets:', ...secrets.map((name) => `  ${name}: { file: ./secrets/${name} }`)]),
    ]),
  }
}
