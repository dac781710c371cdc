package dev.gradine.data.jinja;

/// A value that can be called: a function, a bound method, a macro.
interface Callable {
    Object call(Args args);
}
