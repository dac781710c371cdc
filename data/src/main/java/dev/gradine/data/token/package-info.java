/// Text to token ids and back: `tokenizer.json` through the Rust tokenizers library, the tokenizer inside a
/// GGUF, llama2.c's `tok512.bin`, and decoding a stream of ids piece by piece.
@NullMarked
package dev.gradine.data.token;

import org.jspecify.annotations.NullMarked;
