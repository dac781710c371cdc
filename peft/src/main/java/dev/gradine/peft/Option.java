package dev.gradine.peft;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// One option of a method, on the record component that holds it: the only place where it is written. The command line,
/// the YAML file, what a resumed run compares and PEFT's configuration are read and written by it.
///
/// Components are of the types `int`, `float`, `double`, `boolean`, `String`, `Targets`, `List<String>`, an enum, or a
/// `SequencedMap` from `String` to `Integer` or `Double`. A component without this annotation is a record of further
/// options.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Option {

    /// One sentence on what it does.
    String says();

    /// Its value if not given, as a user types it; empty for an empty list, map or text, or false.
    String standard() default "";

    /// Name of the field in PEFT's `adapter_config.json`; empty if there is none.
    String peft() default "";

    /// What PEFT means by a missing field, where that is another value than `standard`.
    String absent() default "";
}
