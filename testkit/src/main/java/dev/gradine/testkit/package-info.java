/// What tests of several modules share: seeded cases, derived tolerances, gradient checks and golden files. It is
/// used in test scope only.
@NullMarked
package dev.gradine.testkit;

import org.jspecify.annotations.NullMarked;
