import { renderHtml, renderJunit, renderMarkdown, renderSarif, renderText, type Reported } from '@everyhop/prober'

export type Form = keyof typeof FORMS

export const FORMS = {
  text: (reports: readonly Reported[], { colour }: { readonly colour: boolean }) =>
    reports.map(({ chain, report }) => renderText(report, { colour, ...(chain && { chain }) })).join('\n'),
  json: renderJson,
  junit: renderJunit,
  sarif: renderSarif,
  markdown: renderMarkdown,
  html: renderHtml,
}

/** One report as it is; several as a list. */
function renderJson(reports: readonly Reported[]): string {
  const all = reports.map(({ report }) => report)
  return `${JSON.stringify(all.length === 1 ? all[0] : all, null, 2)}\n`
}
