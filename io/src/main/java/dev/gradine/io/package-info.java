/// Weight files: reading with every offset, size and overlap checked before a byte is used, and writing that never
/// leaves half a file. What the weights mean belongs in `nn` and `peft`.
@NullMarked
package dev.gradine.io;

import org.jspecify.annotations.NullMarked;
