/// A model and its adapters as a service: what is served under which name, and what writes the texts.
@NullMarked
package dev.gradine.serve;

import org.jspecify.annotations.NullMarked;
