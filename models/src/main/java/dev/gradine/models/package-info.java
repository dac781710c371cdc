/// Model families, one page each, and opening a model: from a folder or file to weights, tokenizer and chat
/// template. A family names its parts and the checkpoint's names; the parts and their formulas are in `nn`.
/// Training does not belong here.
@NullMarked
package dev.gradine.models;

import org.jspecify.annotations.NullMarked;
