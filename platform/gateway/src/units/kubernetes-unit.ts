import type { Slice } from '@everyhop/chain'
import { text } from '../config/blocks.js'
import type { ConfigFile } from '../config/config-options.js'
import { runCommand, sharedVolume, unitOf, type Unit, type UnitOptions } from './unit-options.js'

const KEYS = '/run/everyhop-keys'
/** Any number but 0 will do: both containers run under it, since the socket is for one user alone. */
const USER = 10_001

/**
 * A Deployment with gateway and decision service in one pod; they share a socket in memory and nothing else. Images are named
 * to be replaced. Throws ConfigError for what would not be safe to write.
 */
export function kubernetesUnit(slice: Slice, options: UnitOptions): ConfigFile {
  const unit = unitOf(slice, options)
  const volume = sharedVolume(unit)
  const command = runCommand(unit, {
    slice: `/etc/everyhop/${unit.hop}.slice`,
    sliceKey: '/etc/everyhop/slices.pub.json',
    key: `${KEYS}/hop.key`,
    nonceSecret: `${KEYS}/nonce-secret`,
  })
  return {
    name: `${unit.name}.yaml`,
    text: text([
      `# Everyhop: ${unit.product} and the decision service of hop ${unit.hop} in one pod. Generated; put your images in place of those in <>.`,
      `# kubectl create configmap ${unit.name} --from-file=${unit.hop}.slice --from-file=slices.pub.json`,
      `# kubectl create configmap ${unit.name}-gateway --from-file=DIRECTORY   (of the files of "everyhop gateway config --for ${unit.product}")`,
      ...(needsKeys(unit)
        ? [`# kubectl create secret generic ${unit.name}${unit.signs ? ' --from-file=hop.key' : ''}${unit.givesNonces ? ' --from-file=nonce-secret' : ''}`]
        : []),
      'apiVersion: apps/v1',
      'kind: Deployment',
      `metadata: { name: ${unit.name}, labels: { app: ${unit.name} } }`,
      'spec:',
      ...(unit.spends
        ? [
            '  # It remembers what was spent by itself: one at a time, or a store that all share (--redis, --postgres) in place of --single-instance.',
            '  replicas: 1',
            '  strategy: { type: Recreate }',
          ]
        : ['  replicas: 2']),
      `  selector: { matchLabels: { app: ${unit.name} } }`,
      '  template:',
      `    metadata: { labels: { app: ${unit.name} } }`,
      '    spec:',
      '      automountServiceAccountToken: false',
      `      securityContext: { runAsNonRoot: true, runAsUser: ${USER}, runAsGroup: ${USER}, fsGroup: ${USER}, seccompProfile: { type: RuntimeDefault } }`,
      ...(needsKeys(unit) ? keysContainer(unit) : []),
      '      containers:',
      '        - name: everyhop',
      '          image: <everyhop>',
      `          command: [${command.map((part) => JSON.stringify(part)).join(', ')}]`,
      ...SECURITY,
      '          resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 512Mi } }',
      `          readinessProbe: { exec: { command: ["node", "-e", ${JSON.stringify(probe(unit.socket))}] }, periodSeconds: 5 }`,
      '          volumeMounts:',
      `            - { name: socket, mountPath: ${volume} }`,
      '            - { name: slice, mountPath: /etc/everyhop, readOnly: true }',
      ...(needsKeys(unit) ? [`            - { name: keys, mountPath: ${KEYS}, readOnly: true }`] : []),
      `        - name: ${unit.product}`,
      `          image: <${unit.product}>`,
      ...SECURITY,
      '          ports: [{ containerPort: 8443 }]',
      '          volumeMounts:',
      `            - { name: socket, mountPath: ${volume} }`,
      `            - { name: gateway, mountPath: /etc/everyhop-gateway, readOnly: true }`,
      `            - { name: tls, mountPath: /etc/everyhop-tls, readOnly: true }`,
      `            - { name: temporary, mountPath: /tmp }`,
      '      volumes:',
      '        - { name: socket, emptyDir: { medium: Memory, sizeLimit: 1Mi } }',
      `        - { name: slice, configMap: { name: ${unit.name} } }`,
      `        - { name: gateway, configMap: { name: ${unit.name}-gateway } }`,
      `        - { name: tls, secret: { secretName: ${unit.name}-tls, defaultMode: 0440 } }`,
      '        - { name: temporary, emptyDir: {} }',
      ...(needsKeys(unit)
        ? [
            `        - { name: given, secret: { secretName: ${unit.name}, defaultMode: 0440 } }`,
            '        - { name: keys, emptyDir: { medium: Memory, sizeLimit: 1Mi } }',
          ]
        : []),
    ]),
  }
}

const needsKeys = ({ signs, givesNonces }: Unit): boolean => signs || givesNonces

const SECURITY: readonly string[] = [
  '          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }',
]

/** The group can read a mounted secret, and a key that others can read is refused: it is copied for its user alone, in memory. */
const keysContainer = ({ signs, givesNonces }: Unit): readonly string[] => [
  '      initContainers:',
  '        - name: keys',
  '          image: <everyhop>',
  `          command: ["sh", "-c", "umask 077 && cp ${[...(signs ? ['/given/hop.key'] : []), ...(givesNonces ? ['/given/nonce-secret'] : [])].join(' ')} ${KEYS}/"]`,
  ...SECURITY,
  '          volumeMounts:',
  '            - { name: given, mountPath: /given, readOnly: true }',
  `            - { name: keys, mountPath: ${KEYS} }`,
]

const probe = (socket: string): string =>
  `require('node:http').get({socketPath:'${socket}',path:'/healthz'},r=>process.exit(r.statusCode===200?0:1)).on('error',()=>process.exit(1))`
