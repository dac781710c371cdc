package dev.gradine.tensor.profile;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.kernel.MatMulKernel;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/// Stands before a device or one of its kernels: passes every call on and notes how long it took.
///
/// A proxy made at run time, so that it implements whatever the contracts hold. That costs about a microsecond a call,
/// where a step of seconds makes a few thousand.
record Profiled(Object target, Profile profile) implements InvocationHandler {

    private static final @Nullable Object[] NONE = {};

    /// @param contract the interface of `target` that callers use
    static <T> T watch(Class<T> contract, T target, Profile profile) {
        InvocationHandler handler = new Profiled(target, profile);
        return contract.cast(Proxy.newProxyInstance(contract.getClassLoader(), new Class<?>[] {contract}, handler));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] args) throws Throwable {
        @Nullable Object[] given = args == null ? NONE : args;
        if (!profile.isCounting() || isKernel(method.getReturnType())) return watched(method, call(method, given));
        long start = System.nanoTime();
        Object result = call(method, given);
        profile.add(Call.of(method, given), System.nanoTime() - start);
        return watched(method, result);
    }

    private @Nullable Object call(Method method, @Nullable Object[] args) throws Throwable {
        try {
            return method.invoke(target, args);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    private @Nullable Object watched(Method method, @Nullable Object result) {
        if (result == null) return null;
        if (result instanceof Kernels device) return profile.watch(device);
        Class<?> type = method.getReturnType();
        return isKernel(type) ? profile.kernel(type, result) : result;
    }

    private static boolean isKernel(Class<?> type) {
        return type.getPackage() == MatMulKernel.class.getPackage();
    }
}
