package dev.gradine.settings;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Why a number is what it is where none is given, and between which values it usually lies. What lies outside is told
/// before a run, and allowed.
///
/// On a component it is of that setting. On a record it is of the learning rate: of a recipe, with an adapter and
/// AdamW; of an adapter method that wants another one; of an optimiser, as a multiple of AdamW's.
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.TYPE})
public @interface Usual {

    /// Least usual value.
    double from();

    /// Largest usual value.
    double to();

    /// Reason of the default: one clause, without a stop.
    String why();

    /// Paper, or programs with their defaults, that it is taken from.
    String source();
}
