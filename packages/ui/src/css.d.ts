/** A stylesheet imported for its effect: the bundler's business, nothing to type. */
declare module '*.css'
