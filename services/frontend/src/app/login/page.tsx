import type { Metadata } from "next";
import { LoginForm } from "@/features/session/login-form";
import { text } from "@/text";

export const metadata: Metadata = { title: text.session.title };

export default function Page() {
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-sm rounded-card border border-line bg-panel p-6">
        <h1 className="mb-4 text-lg font-semibold">{text.session.title}</h1>
        <LoginForm />
      </div>
    </main>
  );
}
