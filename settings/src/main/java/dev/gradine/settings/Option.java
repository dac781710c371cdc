package dev.gradine.settings;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Makes a component of a record a setting that users give by name. Components without it keep their default.
///
/// ```
/// record Train(@Option(says = "Steps in which the learning rate rises.", least = 0) int warmupSteps) {}
/// ```
///
/// is `--warmup-steps 10` on a command line and `warmup-steps: 10` in a file. A `boolean` is a flag: `--shuffle`, or
/// `--no-shuffle` where the default is true.
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Option {

    /// What it is, as `--help` shows it: one sentence, with its unit.
    String says();

    /// Its name, where it is not the component's in lower case with dashes.
    String name() default "";

    /// What stands for its value in `--help`, such as `TOKENS`.
    String label() default "";

    /// Heading it stands under in `--help`, where that is not the one of its record, such as `Model`.
    String group() default "";

    /// Its field in PEFT's `adapter_config.json`, where it has one.
    String peft() default "";

    /// What PEFT takes where its file does not have the field, if that is not the default here.
    String peftDefault() default "";

    /// Smallest value of a number.
    double least() default Double.NEGATIVE_INFINITY;

    /// What a number must be smaller than.
    double below() default Double.POSITIVE_INFINITY;

    /// Words of the default, where its value does not say it, such as `twice the rank`.
    String otherwise() default "";

    /// Value meant where the option is typed without one; empty where it needs one.
    String bare() default "";

    /// Whether the record finds the value itself where none is given: its constructor is then given NaN, or null, and
    /// not the value of `defaults`.
    boolean derived() default false;

    /// Whether users must give it.
    boolean required() default false;

    /// Whether it may change when a run is resumed, because it changes no result.
    boolean free() default false;
}
