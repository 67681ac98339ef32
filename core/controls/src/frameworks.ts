import type { Control } from './control.js'
import { CONTROLS } from './controls.js'

/** Names of the frameworks as people know them, by the key that controls use. */
export const FRAMEWORKS: Readonly<Record<string, string>> = {
  csf2: 'NIST CSF 2.0',
  csf11: 'NIST CSF 1.1',
  nhi2025: 'OWASP NHI Top 10 (2025)',
  airmf: 'NIST AI RMF 1.0',
  sp80053: 'NIST SP 800-53 Rev. 5',
  asvs5: 'OWASP ASVS 5.0',
  iso27001: 'ISO/IEC 27001:2022 Annex A',
  soc2: 'AICPA Trust Services Criteria',
  pci401: 'PCI DSS 4.0.1',
  attack: 'MITRE ATT&CK Enterprise',
}

/** Categories of CSF 1.1 under the ids that took their place in 2.0. */
const CSF_SUCCESSORS: Readonly<Record<string, readonly string[]>> = {
  'PR.AC-1': ['PR.AA-01', 'PR.AA-05'],
  'PR.AC-3': ['PR.AA-03', 'PR.AA-05', 'PR.IR-01'],
  'PR.AC-4': ['PR.AA-05', 'PR.AA-04'],
  'PR.AC-5': ['PR.IR-01'],
  'PR.AC-6': ['PR.AA-02'],
  'PR.AC-7': ['PR.AA-03'],
  'PR.DS-2': ['PR.DS-02'],
  'PR.PT-1': ['PR.PS-04'],
}

/** The ids that a spelling stands for: `NHI-03` is `NHI3:2025`; `PR.AC-4` of CSF 1.1 is `PR.AA-05` and `PR.AA-04`. Others stand for themselves. */
export function frameworkIds(spelling: string): readonly string[] {
  const id = spelling.trim().toUpperCase()
  const [, risk] = /^NHI-?0*([1-9]|10)(?::2025)?$/.exec(id) ?? []
  if (risk !== undefined) return [`NHI${risk}:2025`]
  return CSF_SUCCESSORS[id] ?? [id]
}

/** The controls that serve a framework's id, in any accepted spelling. A retired id finds those that name it themselves, too. */
export function controlsFor(spelling: string): readonly Control[] {
  const wanted = new Set([spelling.trim().toUpperCase(), ...frameworkIds(spelling)])
  const serves = (control: Control) => Object.values(control.frameworks).some((ids) => ids.some((id) => wanted.has(id.toUpperCase())))
  return [...CONTROLS.values()].filter(serves)
}
