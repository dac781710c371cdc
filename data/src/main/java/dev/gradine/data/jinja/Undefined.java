package dev.gradine.data.jinja;

/// A name, attribute or item that does not exist. It prints as nothing, is false and empty; any other use is an error
/// with this message.
///
/// @param message what does not exist
record Undefined(String message) {
    static final Undefined NO_ELSE = new Undefined("the inline if-expression is false and has no else");

    static Undefined name(String name) {
        return new Undefined("'" + Fault.clipped(name) + "' is undefined");
    }

    static Undefined attribute(Object target, String name) {
        return new Undefined("'" + Values.type(target) + " object' has no attribute '" + Fault.clipped(name) + "'");
    }

    static Undefined element(Object target, Object index) {
        return new Undefined(Values.type(target) + " object has no element " + shown(index));
    }

    private static String shown(Object index) {
        if (index instanceof String s) return "'" + Fault.clipped(s) + "'";
        return Values.isNumber(index) || index == None.NONE ? index.toString() : "of type " + Values.type(index);
    }

    Fault fault() {
        return new Fault(message);
    }
}
