/// From text to token numbers: tokenizers, chat templates, dataset formats and packing. Tokens are `int[]`;
/// tensors, models and training do not belong here.
@NullMarked
package dev.gradine.data;

import org.jspecify.annotations.NullMarked;
