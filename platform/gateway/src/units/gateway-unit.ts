import type { Slice } from '@everyhop/chain'
import type { ConfigFile } from '../config/config-options.js'
import { composeUnit } from './compose-unit.js'
import { kubernetesUnit } from './kubernetes-unit.js'
import { systemdUnit } from './systemd-unit.js'
import type { UnitOptions } from './unit-options.js'

const WRITERS = { compose: composeUnit, kubernetes: kubernetesUnit, systemd: systemdUnit } as const

export type UnitKind = keyof typeof WRITERS

export const UNIT_KINDS = Object.keys(WRITERS) as readonly UnitKind[]

/** What runs the decision service of a hop beside its gateway. Throws ConfigError for what would not be safe to write. */
export const gatewayUnit = (kind: UnitKind, slice: Slice, options: UnitOptions): ConfigFile => WRITERS[kind](slice, options)
