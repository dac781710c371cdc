package dev.gradine.peft;

/// A constant that PEFT's file has under another value than the constant's name.
interface PeftValue {

    /// A text, or true or false.
    Object peft();
}
