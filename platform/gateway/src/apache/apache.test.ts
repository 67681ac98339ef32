import { gatewayContract } from '../gateway-contract.testkit.js'
import { gatewayExactness } from '../gateway-exactness.testkit.js'
import { gatewayFailures } from '../gateway-failure.testkit.js'
import { gatewayStreams } from '../gateway-streams.testkit.js'
import { gatewayTls } from '../gateway-tls.testkit.js'
import { APACHE } from './apache.testkit.js'

gatewayContract(APACHE)
gatewayExactness(APACHE, { absoluteTargets: 'refused', dropsTrailers: true })
gatewayFailures(APACHE)
gatewayStreams(APACHE)
gatewayTls(APACHE, {
  resumes: false,
  withPlainHost: (text, name) => {
    if (name === 'everyhop.lua') return `${text}\nfunction plain(r)\n  r:write('plain')\n  return apache2.DONE\nend\n`
    const [opening, lua] = [/^<VirtualHost .*>$/m, / \S+\/everyhop\.lua /].map((line) => line.exec(text)![0])
    const tls = text.match(/^ {4}SSL(?:Engine|CertificateFile|CertificateKeyFile) .*$/gm)!
    return [text, opening, 'ServerName plain.test', ...tls, `LuaHookTranslateName${lua}plain early`, '</VirtualHost>', ''].join('\n')
  },
})
