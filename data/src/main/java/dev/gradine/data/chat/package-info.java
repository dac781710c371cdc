/// Chat templates: a conversation's [Message]s rendered to the text a model was trained on.
@NullMarked
package dev.gradine.data.chat;

import org.jspecify.annotations.NullMarked;
