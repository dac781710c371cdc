package dev.gradine.peft;

import org.jspecify.annotations.Nullable;

/// A value that PEFT's file has in another form.
interface PeftValue {

    /// A text, true or false, a list, or null.
    @Nullable
    Object peft();
}
