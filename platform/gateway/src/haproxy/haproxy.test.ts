import { mkdirSync, writeFileSync } from 'node:fs'
import { gatewayContract } from '../gateway-contract.testkit.js'
import { gatewayExactness } from '../gateway-exactness.testkit.js'
import { gatewayFailures } from '../gateway-failure.testkit.js'
import { gatewayStreams } from '../gateway-streams.testkit.js'
import { gatewayTls } from '../gateway-tls.testkit.js'
import { HAPROXY } from './haproxy.testkit.js'

gatewayContract(HAPROXY)
gatewayExactness(HAPROXY, { absoluteTargets: 'decided', dropsTrailers: false })
gatewayFailures(HAPROXY)
gatewayStreams(HAPROXY)
gatewayTls(HAPROXY, {
  resumes: false,
  withPlainHost: (text, name) => {
    if (name !== 'haproxy.cfg') return text
    const [, dir = ''] = /lua-load-per-thread (\S+)\/everyhop\.lua/.exec(text) ?? []
    const [, crt = '', ca = ''] = /ssl crt (\S+) .*ca-file (\S+) verify optional/.exec(text) ?? []
    mkdirSync(dir, { recursive: true })
    writeFileSync(`${dir}/hosts.list`, `${crt} [ca-file ${ca} verify optional] api.test\n${crt} [verify none] plain.test\n`)
    return text
      .replace(`ssl crt ${crt}`, `ssl crt ${crt} crt-list ${dir}/hosts.list`)
      .replace(
        '    http-request return status 421',
        '    http-request return status 200 content-type text/plain string plain if { req.hdr(Host) plain.test }\n$&',
      )
  },
})
