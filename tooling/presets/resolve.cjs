const { join } = require('node:path')

/** For dependency-cruiser, which reads aliases in webpack's form: `@/` is the web app's own source folder. */
module.exports = { resolve: { alias: { '@': join(__dirname, '../../apps/web/src') } } }
