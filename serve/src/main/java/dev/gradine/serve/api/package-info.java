/// The OpenAI API over what is served: each endpoint a class, with what it reads of a request and how its
/// answer looks.
@NullMarked
package dev.gradine.serve.api;

import org.jspecify.annotations.NullMarked;
