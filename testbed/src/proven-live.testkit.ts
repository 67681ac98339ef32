/**
 * What gets in where a real chain is broken in one place: real servers, nginx in front. The tests of the chains broken by hand
 * hold each list against what they see; the list of attacks says it of each attack.
 */
export const PROVEN_LIVE = {
  'nginx hands on the Client-Cert of the client': ['SPF-01a'],
  'the application lets in whoever comes around nginx':
    'DIR-01 HOP-01a HOP-01b HOP-02 HOP-03b HOP-03c HOP-03d HOP-04a HOP-04b HOP-04c HOP-04d HOP-04e HOP-04f HOP-04g HOP-04h HOP-06 HOP-07 HOP-08 HOP-10b HOP-11 HOP-12a HOP-13'.split(
      ' ',
    ),
  'the application believes what nginx attests, and checks nothing':
    'BASE-03 TOK-01 TOK-02 TOK-05a TOK-05b TOK-06a TOK-06b TOK-08a TOK-08b TOK-08c TOK-08d TOK-09 TOK-10 TOK-11a TOK-11b TOK-12 RPL-01 RPL-02 RPL-07a RPL-07b RPL-07c RPL-09 RPL-10 RPL-11 PRF-01a PRF-01b PRF-01c PRF-02a PRF-02b PRF-02c PRF-02d PRF-02e PRF-02f PRF-04a PRF-04b PRF-04c PRF-04d PRF-04e PRF-06a PRF-06b PRF-07a PRF-07b PRF-07d PRF-11a PRF-11b PRF-12a PRF-12b PRF-12c PRF-13 PRF-14a PRF-14b PRF-14d PRF-15a PRF-15b PRF-15c PRF-16 KEY-01 KEY-02 KEY-03 KEY-04b KEY-07 DWN-02b DWN-02c DWN-03 DWN-06a DWN-06c HDR-02 HDR-03a HDR-03b HDR-04 HDR-05b HDR-06 HDR-07 HDR-08 URL-01 URL-05a URL-05b URL-10 MTH-01 MTH-02a MTH-02b MTH-03a MTH-03b SPF-08 SPF-09 SPF-10 FWD-01 HOP-03a HOP-03d HOP-04a HOP-04b HOP-04c HOP-04f HOP-04g HOP-04h HOP-06 HOP-07 HOP-10b HOP-11 FOP-02a FOP-02b FOP-02c'.split(
      ' ',
    ),
  'the application is content with the first of two hops': ['DIR-03a'],
  'the application takes two hops in any order': ['DIR-03b'],
  'the application takes the key of one hop for that of another': ['HOP-12b'],
  'the application does not read the content that is covered': ['HOP-05'],
  'the application takes tokens of both sides of an exchange': ['RBD-05a'],
} as const satisfies Readonly<Record<string, readonly string[]>>
