import type { ControlId } from '@everyhop/chain'
import type { Control } from './control.js'
import { AGENTS } from './controls/agents.js'
import { APPLICATION } from './controls/application.js'
import { GOVERNANCE } from './controls/governance.js'
import { IDENTITY } from './controls/identity.js'
import { PLATFORM } from './controls/platform.js'
import { SECURITY } from './controls/security.js'

/** Everything that must hold, by id, in the order of the layers. */
export const CONTROLS: ReadonlyMap<ControlId, Control> = new Map(
  [...IDENTITY, ...PLATFORM, ...APPLICATION, ...SECURITY, ...GOVERNANCE, ...AGENTS].map((control) => [control.id, Object.freeze(control)]),
)

/** The control of that id; throws for an id that is none, which is a mistake of the caller. */
export function controlOf(id: ControlId): Control {
  const control = CONTROLS.get(id)
  if (control === undefined) throw new TypeError('no control has this id')
  return control
}
