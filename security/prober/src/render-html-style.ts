/** By name in the style sheet. Every text colour has a contrast of at least 4.5 on ground and panel (WCAG 2.2, 1.4.3). */
export const LIGHT = {
  ground: '#ffffff',
  panel: '#f4f6f8',
  rule: '#c9d1d9',
  ink: '#1b1f24',
  muted: '#525b66',
  link: '#0b57b0',
  broken: '#a81b12',
  unproven: '#7a4700',
  waived: '#6436a0',
  holds: '#17602f',
} as const

export const DARK = {
  ground: '#14181d',
  panel: '#1d232a',
  rule: '#434d58',
  ink: '#e8ebee',
  muted: '#a3adb8',
  link: '#8ab8ff',
  broken: '#ff938a',
  unproven: '#f2b866',
  waived: '#d0adff',
  holds: '#77d494',
} as const satisfies Record<keyof typeof LIGHT, string>

const variables = (colours: Readonly<Record<string, string>>): string =>
  Object.entries(colours)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')

/** Everything that the page looks like. It names no file, font or address, so nothing is fetched. */
export const STYLE = `
:root{color-scheme:light dark;${variables(LIGHT)}}
@media (prefers-color-scheme:dark){:root{${variables(DARK)}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1,h2,h3,h4,h5{line-height:1.25;margin:2rem 0 .5rem}
h1{font-size:1.1rem;margin-top:0;color:var(--muted)}
h2{font-size:1.9rem;margin-top:.5rem}
h3{font-size:1.4rem;border-bottom:1px solid var(--rule);padding-bottom:.25rem}
h4{font-size:1.15rem}
h5{font-size:1rem;margin:0 0 .5rem}
p,ul,ol,dl{margin:.5rem 0}
a{color:var(--link)}
a:focus-visible,.scroll:focus-visible{outline:3px solid var(--link);outline-offset:2px}
code,.box b{font-family:ui-monospace,monospace;font-size:.9em}
pre{margin:.25rem 0;padding:.5rem .75rem;background:var(--ground);border:1px solid var(--rule);border-radius:.25rem;white-space:pre-wrap}
dt{font-weight:600}
dd{margin:0 0 .5rem}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem}
.facts dd{margin:0}
.muted{color:var(--muted)}
.verdicts{display:flex;flex-wrap:wrap;gap:1rem;padding:0;list-style:none}
.verdicts li{flex:1 1 18rem;padding:.75rem 1rem;background:var(--panel);border:1px solid var(--rule);border-left-width:.4rem;border-radius:.25rem}
.verdicts strong{display:block;font-size:1.25rem}
.broken{color:var(--broken)}.unproven{color:var(--unproven)}.waived{color:var(--waived)}.holds{color:var(--holds)}
.not-applicable{color:var(--muted)}
.mark{font-weight:700;white-space:nowrap}
.verdicts li:has(.broken){border-left-color:var(--broken)}
.verdicts li:has(.unproven){border-left-color:var(--unproven)}
.verdicts li:has(.waived){border-left-color:var(--waived)}
.verdicts li:has(.holds){border-left-color:var(--holds)}
.way{display:flex;flex-wrap:wrap;align-items:stretch;gap:.5rem 0;padding:0;list-style:none}
.way li{display:flex;align-items:center}
.arrow{padding:0 .6rem;color:var(--muted);white-space:nowrap}
.box{align-self:stretch;min-width:8rem;padding:.6rem .9rem;background:var(--panel);border:2px solid var(--rule);border-radius:.4rem}
.box>span{display:block}
.box.broken,.box.unproven,.box.waived,.box.holds{border-color:currentColor}
.box>*:not(.mark){color:var(--ink)}
.fault{margin:1rem 0;padding:1rem;background:var(--panel);border:1px solid var(--rule);border-left:.4rem solid var(--unproven);border-radius:.25rem}
.fault.breached{border-left-color:var(--broken)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;overflow-wrap:break-word}
caption{text-align:left;font-weight:600;padding:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--rule)}
td:first-child,th[scope=row]{white-space:nowrap}
@media print{
:root{color-scheme:light;${variables(LIGHT)}}
body{max-width:none;padding:0;font-size:10pt}
nav{display:none}
.scroll{overflow:visible}
.fault,.box,tr,.verdicts li{break-inside:avoid}
h2,h3,h4,h5,caption{break-after:avoid}
.chain+.chain,.team{break-before:page}
thead{display:table-header-group}
}
`
