/// Chat templates: where a model folder keeps one, and a conversation's [Message]s rendered to the text the model was
/// trained on. The template language itself is in `jinja`.
@NullMarked
package dev.gradine.data.chat;

import org.jspecify.annotations.NullMarked;
