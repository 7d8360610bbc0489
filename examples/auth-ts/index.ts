/**
 * Tells callers who they are. `GET` answers with the role and, for a user who signed in, with the user; `?token=` asks about another
 * token, such as one from a cookie. A credential that is not valid is a `401`.
 */
import { auth, type Caller, type User } from 'wasmforge';

interface Who {
  role: Caller['role'];
  subject: string | null;
  user?: User;
}

export default async (request: Request): Promise<Response> => {
  const token = new URL(request.url).searchParams.get('token');
  const { role, subject = null } = token === null ? await auth.caller() : await auth.verify(token);
  const who: Who = { role, subject };
  const user = token === null ? await auth.user() : undefined;
  if (user) who.user = user;
  return Response.json(who);
};
