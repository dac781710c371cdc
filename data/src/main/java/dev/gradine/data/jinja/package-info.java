/// The Jinja template language as chat templates use it, with Python's semantics: lexer, parser, a tree of sealed
/// records, an evaluator. Templates come from downloaded models, so what they may spend is bounded; text given as a
/// variable is never read as a template.
@NullMarked
package dev.gradine.data.jinja;

import org.jspecify.annotations.NullMarked;
