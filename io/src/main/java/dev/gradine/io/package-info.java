/// Weight files: safetensors, GGUF and llama2.c, read through a memory map after every offset, overlap and size has
/// been checked; strict JSON; files and folders that appear whole or not at all. Belongs here: bytes on disk and the
/// names and shapes they carry. Does not belong here: what a model does with them, adapters, tokenizers, data sets.
@NullMarked
package dev.gradine.io;

import org.jspecify.annotations.NullMarked;
