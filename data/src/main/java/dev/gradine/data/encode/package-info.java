/// Rows to training examples: token ids, labels, and where a prompt ends and an answer begins, token for token as
/// TRL 1.16 does it.
@NullMarked
package dev.gradine.data.encode;

import org.jspecify.annotations.NullMarked;
