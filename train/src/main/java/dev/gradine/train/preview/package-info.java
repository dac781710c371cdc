/// A look at the rows of a run before it is begun: what of them is learnt, how long they are, what is cut, which stand
/// twice. Belongs here: what is counted and how it is shown. How a row becomes tokens belongs in `data.encode`.
@NullMarked
package dev.gradine.train.preview;

import org.jspecify.annotations.NullMarked;
